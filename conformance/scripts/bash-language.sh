# Arrays, expansions, arithmetic, conditions, functions, getopts, printf.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
a=(one two "three four"); echo "${#a[@]} ${a[2]} ${a[-1]} ${a[@]:1}"; a+=(five); unset 'a[1]'; echo "${!a[@]}"; declare -p a
declare -A m=([k]=v [x y]=z); m[new]=1; for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done | sort; echo "${#m[@]}" "${m[none]-unset}"
s=/usr/local/lib/file.tar.gz; echo "${s##*/} ${s%/*} ${s%%.*} ${s#*.} ${s/local/LOCAL} ${s//l/L} ${#s} ${s:5:5} ${s: -6} ${s^^} ${s@Q}"
v=; echo "${v:-d} ${v-d} ${v:+x} ${u:=set} $u"; (: "${none:?is not set}"); echo $?
printf '%5d|%-5s|%05.1f|%x|%o|%e|%q|%b|%c\n' 42 ab 3.14159 255 8 12345.678 "a b'c" 'x\ty' word; printf '%s-' 1 2 3; echo
printf '%(%Y-%m-%d %H:%M:%S)T\n' 86399; printf '%(%A %j %U)T\n' 1000000000; printf -v out '%03d' 7; echo $out
echo $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((2 ** 62)) $((2 ** 63)) $((0x1f)) $((8#17)) $((36#z)) $((1 << 4 | 3)) $((5 > 3 ? 1 : 0)) $((x = 5, x += 2, x++)) $x
(echo $((1 / 0))); echo $?; let 'y = 3 * 4' ; echo $y; ((0)); echo $?
[[ abc == a* && abc =~ ^(a)(b) ]] && echo "${BASH_REMATCH[@]}"; [[ -n "" || 2 -lt 10 ]]; echo $?; [[ a < b ]]; echo $?; [ 10 -lt 9 ]; echo $?
case foo.txt in *.c|*.h) echo c;; *.txt) echo text;;& f*) echo f;& z) echo z;; esac
f() { local x=1; g; echo "$x"; return 42; }; g() { x=2; }; f; echo $?; fact() { (($1 <= 1)) && echo 1 || echo $(($1 * $(fact $(($1 - 1))))); }; fact 15
while getopts ":ab:c" opt -a -b value -x -c rest; do echo "$opt ${OPTARG-}"; done; echo $OPTIND
for ((i = 0; i < 3; i++)); do echo -n "$i "; done; echo; i=0; until ((i >= 3)); do ((i++)); [ $i = 2 ] && continue; echo -n "$i "; done; echo
echo {1..5} {a..e..2} {01..10..3} x{a,b{1,2}}y; echo ~root ~; set -- a b c; echo "$#" "$*" "${@:2}"; shift 2; echo "$1"; IFS=:; set -- x y; echo "$*"; unset IFS
mapfile -t lines < <(printf 'l1\nl2\nl3\n'); echo "${#lines[@]} ${lines[1]}"; mapfile -d : -t parts <<< a:b:c; declare -p parts; readarray -n 2 -s 1 two < <(seq 5); echo "${two[*]}"
read -r a b c <<< "1 2 3 4"; echo "$a|$b|$c"; IFS=, read -ra f <<< "x,y,,z"; declare -p f; read -n 3 t <<< abcdef; echo $t; read -d ';' t <<< "abc;def"; echo $t
read -t 0.1 t < <(sleep 1); echo $?; read -t 0 < /dev/null; echo $?; printf 'no newline' | { read -r t; echo "$? $t"; }; read -N 4 t < <(printf 'ab\ncd'); printf '%q\n' "$t"
eval 'echo $((1+1))'; x='$HOME'; echo "$x" "${!x-}"; n=s; echo "${!n}"; declare -n ref=s; ref=changed; echo $s; declare -i num=5+5; echo $num; declare -r ro=1; (ro=2); echo $?
declare -u up=abc; declare -l lo=ABC; echo $up $lo; export EX=1; env | grep ^EX=; unset EX; env | grep -c ^EX=; echo $'a\tb\x41\u00e9' | od -c | head -2
shopt -s nullglob extglob globstar dotglob
mkdir -p d/e; touch d/1.c d/2.h d/.h d/e/3.c; echo d/*.none d/**/*.c d/!(*.c) d/@(1|2).?; shopt -u nullglob; echo none*
set -u; (echo $undefined); echo $?; set +u; set -o noclobber; echo x > nc; (echo y > nc); echo $?; echo z >| nc; cat nc; set +o noclobber
echo "$BASH_VERSION" "${BASH_VERSINFO[0]}" $BASH_SUBSHELL $(echo $BASH_SUBSHELL) "$-" $0 $LINENO $UID $EUID $PPID_ "$OSTYPE" "$HOSTTYPE" "$MACHTYPE"
set -x; echo traced "a b" $((1+1)); { set +x; } 2>/dev/null; PS4='+$LINENO ' ; set -x; : x; set +x
caller; h() { caller 0; }; h | sed 's/ .*//' ; type cd echo ls if h | head -4; command -v ls; hash -r; type -t if; type -P ls; type -a true
nosuch; echo $?; ./nosuch; echo $?; touch notexec; ./notexec; echo $?; mkdir adir; ./adir; echo $?; printf 'echo run as script $0 $1\n' > plain; chmod +x plain; ./plain arg; printf '#!/nosuch/interp\n' > bad; chmod +x bad; ./bad; echo $?; printf '#!/bin/sh -e\necho $0 $-; false; echo no\n' > she; chmod +x she; ./she; echo $?
exec 9> out9; echo to9 >&9; exec 9>&-; cat out9; (echo x >&9); echo $?
select w in one two; do echo "$REPLY $w"; break; done <<< 2; echo; dirs; pushd / > /dev/null; dirs; popd; cd -; cd /nosuch; echo $?; umask; umask 027; umask -S; touch u; stat -c %a u
[ -e d -a -d d ] && [ -f u ] && [ ! -L u ] && [ d -ef ./d ] && [ u -nt nosuch ] && echo tests; [ -t 0 ]; echo $?; test; echo $?; [ x = ]; echo $?; [ 1 -eq x ]; echo $?
bash -c 'echo $0 $1' zero one; bash -s a b <<< 'echo $# $1'; echo 'echo from stdin' | bash; sh -c 'echo $0; exit 300'; echo $?; bash -c 'exit -1'; echo $?; bash -n -c 'if'; echo $?; bash --norc -c 'echo "${BASH_SOURCE-none}"'
history | wc -l; alias ll='ls -l'; alias; shopt -s expand_aliases; echo "$RANDOM" | grep -cE '^[0-9]+$'; echo $((EPOCHSECONDS > 1000000000)); times | wc -l; help true | head -1; enable -n echo; type -t echo; enable echo; builtin echo b; ulimit -n 100; ulimit -n; ulimit -Hn 50; echo $?; (ulimit -f 1; head -c 3000 /dev/zero > big; echo $?; stat -c %s big); (ulimit -v 100; true); ulimit -c
