#!/usr/bin/perl
use strict;
use warnings;
use Socket qw(inet_ntoa);

@ARGV == 1 or die "usage: $0 NAME\n";
my ($name, $aliases, $type, $length, @addresses) = gethostbyname $ARGV[0]
    or die "gethostbyname fail: $ARGV[0]\n";

print "[$ARGV[0]] 을(를) 찾았습니다.\n\n";
print "  호스트 이름          : $name\n";
print "  호스트 주소타입 번호 : $type\n";
print "  호스트 주소의 길이   : $length\n";

my $i = 0;
print '  IP주소(', ++$i, '번째)        : ', inet_ntoa($_), "\n" for @addresses;
$i = 0;
print '  호스트 별명(', ++$i, ' 번째)  : ', $_, "\n" for split ' ', $aliases;
