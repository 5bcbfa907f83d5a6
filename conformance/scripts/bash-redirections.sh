# Here-documents, descriptors, pipes, process substitution, coproc, exec.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
cat << A; cat <<- 'B'; cat <<< "here string $((1+1))"
expanded $((2 * 3)) $(echo sub) \$literal
A
	stripped $no expansion
	B
cat << A | tr a-z A-Z
piped
A
i=0; while IFS= read -r line; do echo "$((++i)): $line"; done << A
  leading
trailing  
a\tb
A
exec 3<> rw; echo hello >&3; cat <&3; exec 3<&-; cat rw; exec 4< rw; read -u 4 x; echo "$x"; exec 4<&-
echo out; echo err >&2; { echo 1; echo 2 >&2; } 2>/dev/null; { echo 1; echo 2 >&2; } > /dev/null; { echo a; echo b >&2; } &> both; cat both; ls nosuch &>> both; cat both; echo x 2>&1 >/dev/null | cat
exec {fd}> auto; echo "to auto" >&$fd; echo $((fd >= 10)); exec {fd}>&-; cat auto; { echo swap >&2; } 3>&1 1>&2 2>&3 3>&- | sed 's/^/got /'
cat <(echo a) <(echo b) > >(sed 's/^/> /'); sleep 0.2; echo <(true) | sed 's/[0-9]*$/N/'; wc -l < <(seq 10)
coproc { while read -r l; do echo "got $l"; done; }; echo hi >&${COPROC[1]}; read -r r <&${COPROC[0]}; echo "$r"; exec {COPROC[1]}>&-; wait $COPROC_PID; echo $?
coproc CAT { cat; }; echo through >&${CAT[1]}; eval "exec ${CAT[1]}>&-"; cat <&${CAT[0]}; wait
mkfifo f; (echo from fifo > f) & cat f; wait; (cat < f > got) & echo to fifo > f; wait; cat got; [ -p f ] && echo is a fifo; exec 5<> f; echo kept >&5; read -r k <&5; echo $k; exec 5>&-
echo data > file; (exec < file; cat); exec 6>&1; exec > log; echo logged; exec >&6 6>&-; cat log; : > empty; [ -s empty ] || echo empty
ls /proc/self/fd | wc -l; (exec 7</dev/null; readlink /proc/self/fd/7 /proc/$BASHPID/fd/7); echo x > /dev/stdout; echo y > /dev/stderr; echo z | cat /dev/stdin; echo w > /dev/fd/1; cat /dev/fd/0 < file
cat nosuch; echo $?; echo x > /nosuch/file; echo $?; echo x > /tmp; echo $?; cat < nosuch; echo $?; cat /; echo $?; echo x > /dev/full; echo $?; echo $(< file); head -c 5 /dev/zero | od -An -tx1; read x < /dev/null; echo $?
seq 1 30000 | wc; seq 1 30000 | tail -1; seq 5000 | sha256sum; head -c 1000000 /dev/zero | wc -c; yes x | head -c 300000 | md5sum; (for i in {1..2000}; do echo line $i; done) | while read -r a b; do c=$b; done | wc -l; seq 3 | tee >(cat > t1) t2 | wc -l; sleep 0.1; cat t1 t2
(echo 1; echo 2) | { read -r a; read -r b; echo $b $a; }; x=5 | x=6; echo $x; shopt -s lastpipe; echo 7 | read -r x; echo $x
(echo one; exec >&-; echo two); (exec 0<&-; cat); echo $?; (exec 1>&-; echo x) ; echo $?; exec 8< file; exec 8<&-; cat <&8; echo $?
bash -c 'exec sleep nosuch'; echo $?; bash -c 'exec nosuch; echo no'; echo $?; (exec -a other bash -c 'echo $0'); (exec -c env); (exec env -i A=1 env)
while read -r a; do echo "$a"; ssh_like() { cat > /dev/null; }; [ "$a" = 2 ] && ssh_like; done < <(seq 5); echo a > app; echo b >> app; cat app; cat < app > app2; cp app2 app; cat app >> app; wc -l app; sort -o app app; cat app | tr '\n' ' '; echo; dd if=app bs=1 count=2 2>/dev/null; set -o | head -3
