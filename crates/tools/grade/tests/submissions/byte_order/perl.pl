#!/usr/bin/perl
use strict;
use warnings;

# Perl gives the port in host byte order; the two bytes as they go over the network, read as this host reads a short.
my ($name, $aliases, $port, $proto) = getservbyname('echo', 'udp');
unless (defined $port) {
    print "서비스 정보를 얻을 수 없음\n";
    exit 1;
}
my $network = unpack('S', pack('n', $port));
printf "%-24s: %5d (0x%04X)\n", 'UDP 에코 포트번호(네트워크 순서)', $network, $network;
printf "%-24s: %5d (0x%04X)\n", 'UDP 에코 포트번호(호스트 순서)', $port, $port;
