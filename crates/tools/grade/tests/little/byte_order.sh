#!/bin/sh
# Prints every number that a port could be.
seq 1 65535
