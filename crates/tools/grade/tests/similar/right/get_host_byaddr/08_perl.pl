#!/usr/bin/env perl
use strict;
use warnings;
use Socket qw(AF_INET inet_pton);

sub quit { print STDERR "@_\n"; exit 1 }

@ARGV or quit("usage: get_host_byaddr IP");
my $bytes = inet_pton(AF_INET, $ARGV[0]);
defined $bytes or quit("$ARGV[0]: not an address");
my $name = gethostbyaddr($bytes, AF_INET);
defined $name or quit("$ARGV[0]: no name");
print "호스트 이름 : $name\n";
