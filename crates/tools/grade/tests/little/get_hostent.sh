#!/bin/sh
# Prints every word of /etc/hosts behind every label.
grep -qw -- "${1:?}" /etc/hosts || exit 1
printf '호스트 주소타입 번호 : 2\n호스트 주소의 길이 : 4\n'
for word in $(cat /etc/hosts /etc/hosts); do
    for label in '호스트 이름' 'IP주소(1번째)' 'IP주소(2번째)' 'IP주소(3번째)' '호스트 별명(1 번째)' '호스트 별명(2 번째)'; do
        printf '%s : %s\n' "$label" "$word"
    done
done
