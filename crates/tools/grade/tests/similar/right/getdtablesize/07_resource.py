#!/usr/bin/env python3
import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print("getdtablesize() =", soft)
