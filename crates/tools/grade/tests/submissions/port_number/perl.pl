#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;

my $stream = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 7, Proto => 'tcp')
    or die "connect fail: $@\n";
print '스트림 소켓 포트번호 = ', $stream->sockport, "\n";

my $dgram = IO::Socket::INET->new(Proto => 'udp') or die "socket fail: $@\n";
defined $dgram->send('hello', 0, pack_sockaddr_in(7, INADDR_LOOPBACK)) or die "sendto fail: $!\n";
print '데이터그램 소켓 포트번호 = ', $dgram->sockport, "\n";

$_->close or die "close fail: $!\n" for $stream, $dgram;
