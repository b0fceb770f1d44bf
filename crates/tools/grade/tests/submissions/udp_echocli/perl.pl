#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton);

my $ip = shift or die "usage: $0 IP\n";
my $addr = inet_pton(AF_INET, $ip) or die "$ip: not an address\n";

socket(my $s, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
$| = 1;
print "입력 : ";
defined(my $line = <STDIN>) or exit 0;
defined send($s, $line, 0, pack_sockaddr_in(7, $addr)) or die "send: $!\n";
defined recv($s, my $answer, 65535, 0) or die "recv: $!\n";
print "수신 : ", $answer;
close($s) or die "close: $!\n";
