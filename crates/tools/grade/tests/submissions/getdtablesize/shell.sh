#!/bin/sh
# A shell's own limit is what it hands on to its children.
echo "How many descriptors may this process have?"
echo "getdtablesize() = $(ulimit -n)"
