# sort, uniq, comm, join, paste, tsort, shuf, numfmt, factor, seq.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
seq 30 | shuf --random-source=<(yes 123) > r; cat r | tr '\n' ' '; echo; sort -n r | md5sum; sort r | head -5 | tr '\n' ' '; echo
printf 'b 2\na 10\nc 1\na 2\n' > k; sort -k1,1 -k2,2n k; sort -k2nr k; sort -u -k1,1 k; sort -s -k1,1 k; sort -t' ' -k2 -r k; sort -c k; echo $?; sort -C r; echo $?
printf '1K\n2M\n512\n1G\n' | sort -h; printf 'v1.10\nv1.9\nv1.2-rc\n' | sort -V; printf 'Mar\nJan\nFeb\n' | sort -M; printf 'b\nA\na\nB\n' | sort -f; printf '%s\0' z y x | sort -z | tr '\0' ' '; echo; printf '1e3\n5\n-2e1\n' | sort -g; printf '  b\n a\n' | sort -b; sort --debug k 2>&1 | head -4
seq 20000 | shuf --random-source=<(yes) > big; sort -S 64K -T /tmp big | md5sum; sort --parallel=2 -n -S 128K big | md5sum; sort -n -S 64K --compress-program=gzip big | tail -1; sort -m <(seq 1 2 9) <(seq 2 2 10) | tr '\n' ' '; echo; sort -R --random-source=<(yes) k | wc -l; sort -n big -o big; head -2 big; ls /tmp | grep -c sort
printf 'a\na\nb\nc\nc\nc\n' > u; uniq u; uniq -c u; uniq -d u; uniq -u u; uniq -D u; uniq --group u; printf 'x 1\ny 1\n' | uniq -f1; printf 'ab\nac\n' | uniq -w1; printf 'A\na\n' | uniq -i -c
comm <(seq 1 5) <(seq 3 7); comm -12 <(seq 1 5) <(seq 3 7); comm -3 --total <(seq 3) <(seq 2 4); comm <(printf 'b\na\n') /dev/null; echo $?
printf '1 a\n2 b\n3 c\n' > j1; printf '1 x\n3 y\n4 z\n' > j2; join j1 j2; join -a1 -a2 -e - -o 0,1.2,2.2 j1 j2; join -v2 j1 j2; join -t' ' -1 2 -2 2 <(sort -k2 j1) j2; echo $?
paste j1 j2; paste -s -d, j1; seq 6 | paste - - -; paste -d'\n' j1 j2 | head -3; printf 'a b\nb c\nc d\n' | tsort; printf 'a b\nb a\n' | tsort; echo $?
shuf -i 1-10 -n 3 --random-source=<(yes); shuf -e a b c --random-source=<(yes 9) | tr '\n' ' '; echo; shuf -r -n 5 -e x; numfmt --to=iec 1024 1536 1048576 1; numfmt --from=si 1K 2.5M; numfmt --to=si --format='%8.1f' 123456; numfmt --grouping 1000; numfmt --field=2 --from=iec <<< 'a 4K'; numfmt abc; echo $?; numfmt --to-unit=512 --round=up 1000
factor 1 12 97 123456789 18446744073709551557 1208925819614629174706177; echo 30 31 | factor; factor x; echo $?; seq 5; seq 2 2 8 | tr '\n' ' '; seq -s, 1 5; seq -w 8 11; seq 1 0.5 3; seq -f '%05.2f' 1 2; seq 5 -2 1; seq 3 1; echo $?; seq x; echo $?; seq 1e3 1001; seq inf | head -1; seq 99999999999999999998 99999999999999999999
