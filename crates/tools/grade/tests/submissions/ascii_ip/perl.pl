#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(AF_INET inet_pton inet_ntop);

@ARGV == 1 or die "usage: $0 IP\n";
my ($ip) = @ARGV;
my $bytes = inet_pton(AF_INET, $ip);
defined $bytes or die "$ip: not an address\n";
my $hex = sprintf '0x%08x', unpack('L', $bytes);

print "* 입력한 dotted decimal IP 주소 : $ip\n\n";
print "inet_pton($ip) = $hex\n";
print "inet_ntop($hex) = ", inet_ntop(AF_INET, $bytes), "\n";
