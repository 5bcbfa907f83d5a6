# What a process waits for, as ps -l and ps -o wchan name it.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
show() { sleep 0.4; ps -o s=,wchan:30=,comm= -p $1; kill -CONT $1; kill -9 $1; wait $1; }
mkfifo f g
exec 7<> g
sleep 50 & show $!
bash -c 'sleep 0.9; :' & show $!
bash -c 'sleep 1 & wait' & show $!
cat f & show $!
cat <&7 & show $!
mkfifo h; exec 8<> h; yes >&8 & show $!
bash -c 'read -t 9 x' <&7 & show $!
bash -c 'read x' <&7 & show $!
timeout 9 sleep 8 & show $!
sh -c 'kill -STOP $$; :' & show $!
tail -f -s 5 /dev/null & show $!
tail -f --pid=$$ -s 5 /etc/passwd & show $!
pidwait -f 'bash /s/ps-waiting.sh' & show $!
xargs <&7 & show $!
TERM=dumb watch -n 9 true > /dev/null & show $!
: > tf; tail -f tf | cat > /dev/null & show $(pgrep -n tail)
vmstat 9 > /dev/null & show $!
awk '{ print }' <&7 & show $!
awk 'BEGIN { system("sleep 1") }' & show $!
sleep 5 & ps -l -p $! | head -1; kill $!
cat /proc/self/wchan; echo
