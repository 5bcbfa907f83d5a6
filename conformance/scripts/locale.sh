# The C.UTF-8 locale: characters, classes, collation, time zones.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
export LC_ALL=C.UTF-8
s='Grüße, Ωmega 漢字 €'
echo ${#s} "${s:0:5}" "${s^^}" "${s,,}"
echo "$s" | wc -m -c -w -L
echo "$s" | sed 's/./[&]/g'
echo "$s" | awk '{ print length($0), toupper($0), substr($0, 3, 3), index($0, "Ω") }'
echo "$s" | grep -o '[[:upper:]]'
echo "$s" | grep -oE '[^[:ascii:]]+' ; echo $?
echo "$s" | grep -P '\p{Greek}' -o
echo "$s" | cut -c1-3
echo "$s" | tr 'G' 'X'
echo "$s" | fold -w 8
echo "$s" | od -c
printf '%s\n' é e z a Z A ä | sort
printf '%-8s|\n' "$s"
printf '%q\n' "$s"
printf '\u20ac \U1F600 \xe2\x82\xac\n'
printf 'bad \xff byte\n' | wc -m
printf 'bad \xff byte\n' | sed 's/./x/g' | od -c
printf 'bad \xff byte\n' | grep -c 'bad.*byte'
touch "ü" "漢" $'nl\nx' 'sp ace' "q'uote"
ls; ls -b; ls -Q; ls -q; ls --quoting-style=shell-escape; ls -1 | wc -l
find . -name '?' | sort
find . -print0 | sort -z | tr '\0' '|'; echo
[[ ü =~ ^[[:alpha:]]$ ]] && echo alpha
[[ ä < b ]]; echo $?
read -n 1 c <<< "üx"; echo "$c"
expr length "$s"; expr substr "$s" 1 4
LC_ALL=nosuch bash -c 'echo hi'
locale -a 2>&1 | head -1
export LC_ALL=C
TZ=UTC0 date -d @0 +%T%z; TZ=XXX-3:30 date -d @0 +%T%z
TZ='CET-1CEST,M3.5.0,M10.5.0/3' date -d '2024-03-31 01:00Z' '+%T %Z'
TZ='CET-1CEST,M3.5.0,M10.5.0/3' date -d '2024-10-27 00:59:59Z' '+%T %Z'
TZ='CET-1CEST,M3.5.0,M10.5.0/3' awk 'BEGIN { print strftime("%F %T %Z", 1720000000), mktime("2024 07 03 12 00 00") }'
TZ='CET-1CEST,M3.5.0,M10.5.0/3' bash -c 'printf "%(%F %T %Z)T\n" 1720000000'
TZ=Nowhere/City date -d @0 +%Z
