#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(inet_pton inet_ntop AF_INET);

@ARGV == 1 or die "usage: $0 IP\n";
my $raw = inet_pton(AF_INET, $ARGV[0]);
defined $raw or die "$ARGV[0]: not a dotted decimal address\n";
my $n = unpack 'L', $raw;
printf "inet_pton(%s) = 0x%X\n", $ARGV[0], $n;
printf "inet_ntop(0x%X) = %s\n", $n, inet_ntop(AF_INET, $raw);
