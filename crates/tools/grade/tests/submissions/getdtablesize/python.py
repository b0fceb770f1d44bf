#!/usr/bin/env python3
import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(f"getdtablesize() = {soft}")
print(f"(could be raised to {hard})")
