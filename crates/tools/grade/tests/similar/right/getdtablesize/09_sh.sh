#!/bin/sh
n=$(ulimit -S -n) || exit 1
echo "getdtablesize() = $n"
exit 0
