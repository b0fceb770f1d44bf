#!/usr/bin/perl
# 소켓 두 개의 포트번호
use strict;
use warnings;
use Socket;

my $srv = pack_sockaddr_in(7, INADDR_LOOPBACK);

sub port_of {
    my ($sock) = @_;
    my ($port, $ip) = unpack_sockaddr_in(getsockname($sock) // die "getsockname: $!\n");
    return $port;
}

socket(my $tcp, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
connect($tcp, $srv) or die "connect: $!\n";
printf "스트림 소켓 포트번호 = %d\n", port_of($tcp);

socket(my $udp, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
defined send($udp, "hello\n", 0, $srv) or die "sendto: $!\n";
printf "데이터그램 소켓 포트번호 = %d\n", port_of($udp);

close $tcp;
close $udp;
