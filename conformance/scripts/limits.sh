# Resource limits and what runs into them: files, descriptors, processes, size, processor time, stack, memory.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
(ulimit -n 10; exec 3< /dev/null 4< /dev/null 5< /dev/null; for i in 6 7 8 9 10 11; do eval "exec $i< /dev/null" && echo "$i"; done; ls /proc/self/fd 2>&1 | wc -l); echo $?
(ulimit -f 4; dd if=/dev/zero of=big bs=1k count=100; echo $?; stat -c %s big) 2>&1 | sed 's/copied.*/copied/'
(ulimit -f 4; trap '' XFSZ; dd if=/dev/zero of=big bs=1k count=100; echo $?; stat -c %s big) 2>&1 | sed 's/copied.*/copied/'
(ulimit -t 1; bash -c 'while :; do :; done'; echo $?)
(ulimit -St 1; bash -c 'trap "echo xcpu; exit 3" XCPU; while :; do :; done'; echo $?)
(ulimit -v 12000; bash -c 'x=$(head -c 12000000 /dev/zero | tr "\0" x); echo ${#x}'; echo $?) 2>&1 | sed 's/(.*//; s/xrealloc: .*/xrealloc/; s/malloc: .*/malloc/; s/[0-9][0-9]* bytes/N bytes/g'
(ulimit -s 256; bash -c 'f() { f; }; f' 2>/dev/null; echo $?)
(ulimit -s 200; ulimit -s; ulimit -Ss 100; ulimit -s; ulimit -Hs; /bin/echo $(seq 10000) > /dev/null; echo $?)
/bin/echo $(seq 250000) | wc -c; echo "${PIPESTATUS[@]}"
x=$(printf '%0131072d' 0); /bin/echo $x | wc -c; x=${x:1}; /bin/echo $x | wc -c
chroot --userspec=1000:1000 / bash -c 'ulimit -u 5; for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait' 2>&1 | grep -o 'Resource temporarily unavailable' | sort -u
ulimit -a | sed 's/pending signals .*/pending/; s/max user processes .*/processes/'
ulimit -Ha | grep -E 'stack|core'
ulimit -S -n 512; ulimit -n; ulimit -H -n 600; ulimit -n 700; echo $?; ulimit -Hn
bash -c 'kill -XCPU $$'; echo $?; bash -c 'kill -XFSZ $$'; echo $?; bash -c 'kill -ABRT $$'; echo $?; bash -c 'kill -BUS $$'; echo $?; bash -c 'kill -QUIT $$'; echo $?; bash -c 'kill -SYS $$'; echo $?; bash -c 'kill -ALRM $$'; echo $?; bash -c 'kill -RTMIN $$'; echo $?; bash -c 'kill -PIPE $$'; echo $?; bash -c 'kill -CHLD $$; kill -WINCH $$; kill -URG $$; kill -CONT $$; echo ignored'; echo $?
f() { f; }; (FUNCNEST=100; f) 2>&1 | tail -c 60
truncate -s 1T huge; stat -c '%s %b' huge; echo end >> huge; tail -c 4 huge; stat -c '%s %b' huge; dd if=huge bs=1 skip=1099511627776 status=none; truncate -s 8E x; echo $?; dd if=/dev/zero of=y bs=1 count=1 seek=5G status=none; stat -c '%s %b' y; rm -f huge x y z
n=$(printf 'n%.0s' {1..255}); touch $n && ls | wc -c; touch ${n}n; echo $?; p=$(printf 'd/%.0s' {1..2040}); ls $p; echo $?; p=$(printf 'd/%.0s' {1..2050}); ls $p 2>&1 | tail -c 20; mkdir -p $(printf 'dd/%.0s' {1..300}); find dd | wc -l; rm -r dd; ls dd; (cd /tmp/w; for i in {1..50}; do mkdir $n 2>/dev/null; mkdir d$i; cd d$i; done; pwd | wc -c; rm -rf /tmp/w/d1; pwd | wc -c; ls; touch x; echo $?; cd ..; echo $?)
