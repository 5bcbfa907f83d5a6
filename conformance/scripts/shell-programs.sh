# Whole small programs: a job pool, a pipeline of FIFOs, a log report, a sieve, towers, quick sort, a lock, a retry loop, a menu.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
pool() { local max=$1 n=0; shift; for j in "$@"; do ((n >= max)) && { wait -n; ((n--)); }; (sleep 0.0$((RANDOM % 5)); echo "job $j") & ((n++)); done; wait; }
pool 3 a b c d e f g | sort
hanoi() { (($1 == 0)) && return; hanoi $(($1 - 1)) $2 $4 $3; echo "$2 -> $3"; hanoi $(($1 - 1)) $4 $3 $2; }; hanoi 3 A C B
sieve() { local -a s; for ((i = 2; i <= $1; i++)); do ((s[i])) && continue; echo -n "$i "; for ((j = i * i; j <= $1; j += i)); do s[j]=1; done; done; echo; }; sieve 60
qs() { (($# < 2)) && { echo "$@"; return; }; local p=$1 l=() r=(); shift; for x; do ((x < p)) && l+=($x) || r+=($x); done; echo $(qs "${l[@]}") $p $(qs "${r[@]}"); }; qs 5 3 8 1 9 2 7 | tr -s ' '
for i in $(seq 200); do echo "2024-01-0$((i % 9 + 1)) $((i % 5 == 0)) GET /p$((i % 7)) $((i * 37 % 1000))"; done > log
awk '{ n[$4]++; t[$4] += $5 } END { for (p in n) printf "%s %d %.1f\n", p, n[p], t[p] / n[p] }' log | sort; cut -d' ' -f1 log | sort | uniq -c | sort -rn | head -3; grep -c ' 1 GET' log; sed -n 's/.*GET \(\/p[0-3]\) \([0-9]*\)$/\1,\2/p' log | sort -t, -k1,1 -k2,2n | awk -F, '$1 != last { if (NR > 1) print last, min, max; last = $1; min = $2 } { max = $2 } END { print last, min, max }'
mkfifo p1 p2 p3; tr a-z A-Z < p1 > p2 & sed 's/^/[/; s/$/]/' < p2 > p3 & (echo hello; echo world) > p1 & cat p3; wait
exec {lock}> lockfile; try() { local n=0; until (($((++n)) >= 3)); do false && break; sleep 0.01; done; echo "tried $n"; }; try; exec {lock}>&-
tac log | head -50 | paste -sd' ' | fold -w 60 | wc -l; (cd /usr/share; find . -type f | sed 's/.*\.//' | grep -v / | sort | uniq -c | sort -k1,1rn -k2 | head -5); find /usr/bin -size +200k -printf '%f\n' | sort | tr '\n' ' '; echo; tar -cf - -C /etc . 2>/dev/null | tar -t | wc -l; for f in /etc/*.conf; do [ -f "$f" ] && grep -vc '^#' "$f"; done; tar -C /usr/share/doc -cf - --sort=name --mtime=@0 bash | xz -1 | xz -d | sha256sum; seq 100 | split -l 10 - c.; cat c.* | sort -rn | head -1; find . -name 'c.*' | sort | xargs -P4 -I{} sh -c 'sha256sum < {} > {}.sum'; cat c.*.sum | sha256sum; wc -l < <(cat c.??)
while IFS=: read -r user _ uid _ _ home _; do ((uid < 3)) && printf '%-10s %5d %s\n' "$user" "$uid" "$home"; done < /etc/passwd; declare -A count; while read -r w; do ((count[$w]++)); done < <(tr -cs 'a-zA-Z' '\n' < /usr/share/common-licenses/BSD | tr A-Z a-z); for w in the of and; do echo "$w ${count[$w]}"; done; bc 2>/dev/null <<< 1; cat << EOF | bash -s one two
echo "args: \$# \$1"
x=\$((RANDOM))
[ \$x -ge 0 ] && echo random
cat << 'IN'
nested \$heredoc
IN
EOF
trap 'echo cleanup; rm -f tmpfile' EXIT; touch tmpfile; (trap 'echo sub exit' EXIT; exit 0); retry() { local n; for n in 1 2 3; do "$@" && return; echo "try $n failed"; done; return 1; }; c=0; flaky() { ((++c == 3)); }; retry flaky; echo $?; timeout 5 bash -c 'for i in {1..5}; do echo tick $i; sleep 0.02; done'; fib() { local a=0 b=1 i; for ((i = 0; i < $1; i++)); do echo -n "$a "; ((t = a + b, a = b, b = t)); done; echo; }; fib 20; dec2bin() { local n=$1 s=; while ((n)); do s=$((n % 2))$s; ((n /= 2)); done; echo ${s:-0}; }; dec2bin 202; rev() { local s=$1 o= i; for ((i = ${#s} - 1; i >= 0; i--)); do o+=${s:i:1}; done; echo $o; }; rev nestbox; printf '%s\n' {a..c}{1..3} | shuf --random-source=<(yes) | sort | xargs -n3; date -u -d '2024-02-28 +2 days' +%F; matrix() { for i in 1 2 3; do for j in 1 2 3; do printf '%4d' $((i * j)); done; echo; done; }; matrix; ps -o stat= -p $$ | cut -c1; echo done
