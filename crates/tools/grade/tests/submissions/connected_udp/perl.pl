#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton);

my $ip = $ARGV[0] // die "usage: $0 IP\n";
my $addr = inet_pton(AF_INET, $ip) // die "$ip: not an address\n";

socket(my $s, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
connect($s, pack_sockaddr_in(7, $addr)) or die "connect: $!\n";

local $| = 1;
print "connected to $ip, port 7\n입력 : ";
my $line = <STDIN> // exit;
syswrite($s, $line) // die "write: $!\n";
sysread($s, my $answer, 65536) // die "read: $!\n";
print "수신 : $answer";

connect($s, pack('S x14', AF_UNSPEC)) or die "connect: $!\n";
close($s);
