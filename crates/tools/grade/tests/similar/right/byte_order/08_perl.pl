#!/usr/bin/env perl
use strict;
use warnings;

my (undef, undef, $port) = getservbyname('echo', 'udp')
    or do { print "서비스 정보를 얻을 수 없음\n"; exit 1 };
my $net = unpack 'S', pack 'n', $port;
print "UDP 에코 포트번호(네트워크 순서) : $net\n",
      "UDP 에코 포트번호(호스트 순서) : $port\n";
exit 0;
