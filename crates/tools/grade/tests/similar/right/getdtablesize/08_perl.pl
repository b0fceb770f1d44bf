#!/usr/bin/perl -w
use strict;
use POSIX qw(sysconf _SC_OPEN_MAX);

my $n = sysconf(_SC_OPEN_MAX);
die "sysconf: $!\n" unless defined $n;
print "getdtablesize() = $n\n";
