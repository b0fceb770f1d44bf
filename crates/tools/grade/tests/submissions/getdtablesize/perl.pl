#!/usr/bin/perl
use strict;
use warnings;
use POSIX ();

print "getdtablesize() = ", POSIX::sysconf(POSIX::_SC_OPEN_MAX()), "\n";
