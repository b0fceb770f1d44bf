#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(AF_INET inet_pton);

my $ip = shift // die "usage: $0 IP\n";
my $addr = inet_pton(AF_INET, $ip) or die "$ip: not an address\n";
my $name = gethostbyaddr($addr, AF_INET) // die "Error at gethostbyaddr()\n";
print "\n호스트 이름: $name\n\n";
