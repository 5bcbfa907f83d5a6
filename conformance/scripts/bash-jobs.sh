# Background jobs: wait, wait -n, wait -p, job control, process groups, stops.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
(exit 3) & wait $!; echo $?
sleep 0.3 & a=$!; (sleep 0.1; exit 4) & b=$!; wait -n; echo "first $?"; wait -n; echo "second $?"; wait -n; echo "none $?"
(sleep 0.1; exit 4) & b=$!; sleep 0.4 & a=$!; wait -n -p who $a $b; echo "$? $([ $who = $b ] && echo b)"; wait $a; echo $?
for i in 1 2 3 4 5; do (sleep 0.0$i; exit $i) & pids[i]=$!; done; for i in 5 4 3 2 1; do wait ${pids[i]}; echo "$i: $?"; done
wait 999999; echo $?
wait; echo "all $?"
(sleep 5; echo no) & kill $!; wait $!; echo $?
sleep 5 & kill -9 $!; wait $!; echo $?
true & p=$!; sleep 0.1; wait $p; echo $?; wait $p; echo "again $?"
cat <<'X' > jobs.sh
set -m
sleep 3 & sleep 4 & sleep 5 &
jobs | sed 's/^\(\[[0-9]*\][+ -]*\)  */\1 /'
kill %1; wait %1; echo "%1 $?"
kill -STOP %2; sleep 0.2; jobs -l %2 | sed 's/  *[0-9][0-9]* / PID /'
jobs -s | wc -l; jobs -r | wc -l
bg %2; sleep 0.1; jobs %2 | sed 's/  */ /g'
kill %2; wait %2; echo $?; kill %3; wait %3; echo $?
(ps -o pid=,pgid= -p $BASHPID | awk '{print ($1 == $2) ? "leader" : "not leader"}')
sleep 1 | sleep 2 | sleep 3 & sleep 0.1
ps -o pgid=,comm= --ppid $$ | grep sleep | awk '{print $1}' | sort -u | wc -l
kill %%; wait %%; echo $?
disown %1 2>&1; sleep 2 & disown; jobs | wc -l; kill $!
sh -c 'kill -STOP $$; echo continued' & sleep 0.2; jobs | sed 's/  */ /g'; fg %1; echo $?
X
bash jobs.sh
(set +m; sleep 1 & ps -o pgid= -p $! $$ | sort -u | wc -l; kill $!)
{ sleep 0.1; echo one; } & { sleep 0.3; echo two; } & wait; echo three
echo a | { sleep 0.1; cat; } & wait $!; echo $?
true | false | true; echo "${PIPESTATUS[@]}"; set -o pipefail; true | false | true; echo $?; false | (exit 7) | true; echo $?; set +o pipefail
! true; echo $?; ! false | true; echo $?
yes | head -n 3; echo "${PIPESTATUS[@]}"
seq 100000 | head -n 1; echo "${PIPESTATUS[@]}"
(sleep 0.2 & wait; echo waited); ( (sleep 0.1; echo orphan) & ) ; sleep 0.4
for i in $(seq 20); do (echo $((i * i))) & done | sort -n | tr '\n' ' '; wait; echo
{ time -p true; } 2>&1 | sed 's/[0-9.][0-9.]*$/N/'; { time true; } 2>&1 | sed 's/[0-9.]*s$/N/'
nohup sh -c 'kill -HUP $$; echo survived' | cat; echo $?
timeout 0.2 sleep 5; echo $?; timeout -s KILL 0.2 sleep 5; echo $?; timeout 5 sh -c 'exit 3'; echo $?
timeout -k 0.4 0.4 sh -c 'trap "" TERM; while :; do sleep 1; done'; echo $?
timeout --preserve-status 0.2 sleep 5; echo $?; timeout --foreground 0.1 cat /dev/zero > /dev/null; echo $?; timeout 1 nosuch; echo $?
