# What an ordinary user may and may not do: files, directories, signals, priorities, sticky bits.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
as() { chroot --userspec=$1 / bash -c "cd /tmp/w; $2"; echo "status $?"; }
chmod 1777 .
echo secret > s; chmod 600 s; echo open > o; chmod 644 o; echo grp > g; chgrp 5 g; chmod 640 g
mkdir closed sticky wonly xonly; echo in > closed/f; echo in > xonly/f; chmod 700 closed; chmod 1777 sticky; chmod 333 wonly; chmod 711 xonly; touch sticky/root
as 1000:1000 'id; cat s; cat o; cat g; echo x > o; echo x > new && stat -c "%u %g %a" new'
as 1000:5 'cat g; echo x >> g'
as 1000:1000 'ls closed; cat closed/f; cd closed; ls xonly; cat xonly/f; touch wonly/a; ls wonly; touch xonly/a'
as 1000:1000 'rm sticky/root; touch sticky/mine; mv sticky/mine sticky/ours; ls sticky; ln o sticky/link'
as 1001:1001 'rm sticky/ours; mv sticky/ours x; echo x > sticky/ours; touch sticky/ours; rm -f new'
as 1000:1000 'chmod 666 o; chown 1000 o; chown 1000:1000 new; chgrp 2000 new; chmod 4755 new; stat -c %a new; chmod g+s new; stat -c "%A" new'
as 1000:1000 'mkdir d; chmod 0 d; ls d; cd d; touch d/x; rmdir d; touch -d 2001-01-01 o; touch o; touch -d 2001-01-01 new; stat -c %Y new'
as 1000:1000 'kill -0 1; kill -TERM 1; nice -n -5 true; nice -n 5 nice; ulimit -Hn 2000; ulimit -n 50; ulimit -n; ulimit -n 5000'
as 1000:1000 'mknod n c 1 3; mknod p p; mkfifo q; stat -c %F p q; mknod b b 7 0'
as 1000:1000 'cat /proc/1/environ; ls /proc/1/fd; readlink /proc/1/exe; cat /proc/1/comm > /dev/null; cat /proc/$$/comm; ls /root; cat /etc/shadow; echo x > /etc/x; echo x > /x; mkdir /usr/x; rm /usr/bin/ls; touch /dev/x; echo x > /proc/sys/kernel/hostname; chroot / true'
as 1000:1000 'touch f; chmod 444 f; echo x > f; echo x >| f; rm f < /dev/null; echo gone $?; touch f; chmod 444 f; rm -f f; ls f'
cp /usr/bin/id suid; chown 1001:1002 suid; chmod 6755 suid; as 1000:1000 './suid -u; ./suid -g; ./suid -ru; ./suid'
chmod 755 suid; cp suid sgid; chmod 2755 sgid; chgrp 7 sgid; chmod g+s sgid; as 1000:1000 './sgid'
echo x >> suid; stat -c %a suid; chmod 6755 suid; as 1001:1 'echo y >> suid; stat -c %a suid; head -c 1 suid > /dev/null'
mkdir setgid; chmod 2777 setgid; chgrp 9 setgid; as 1000:1000 'touch setgid/f; mkdir setgid/d; stat -c "%g %a" setgid/f setgid/d'
mkdir noexec; cp /usr/bin/true noexec/true; chmod 644 noexec/true; noexec/true; echo $?; as 1000:1000 'noexec/true; chmod +x noexec/true; [ -x noexec/true ]; echo $?; [ -r s ]; echo $?; [ -w o ]; echo $?; [ -O o ]; echo $?; test -G new; echo $?'
chmod 0 o; cat o; echo "root $?"; [ -x o ]; echo $?; [ -r o ]; echo $?; ./o; echo $?
as 1000:1000 'umask 077; touch u; mkdir v; stat -c %a u v; umask 0; touch u2; stat -c %a u2; umask 777; touch u3; cat u3; stat -c %a u3'
as 0:1000 'id; cat s; echo root may'
as 1000:1000 'exec 3< o' ; as 1000 'cd closed && pwd'; as 65534:65534 'id -un; id -gn; echo ~'
chroot --userspec=1000:1000 --groups=5,6,7 / id; chroot --userspec=+1000:+5 / id -G; chroot --userspec=daemon: / id; chroot --userspec=:5 / id
ls -ln --time-style=+ . | sort -k9
echo linked > /tmp/w/linked; chmod 644 linked; as 1000:1000 'ln -s /tmp/w/linked sticky/l1000; ln -s l1000 sticky/l2; cat sticky/l1000 sticky/l2'
as 1001:1001 'cat sticky/l1000; stat -L -c %s sticky/l2; readlink sticky/l1000; ls -ld sticky/l1000/; ln -s ../sticky/l1000 sticky/mine; cat sticky/mine; ln linked sticky/hard; ln /usr/bin/bash sticky/bash'
cat sticky/l1000; ln -s linked sticky/root; cat sticky/root; ln -s /tmp/w sticky/dir; as 1000:1000 'cat sticky/dir/linked'; chown -h 1001 sticky/dir; as 1000:1000 'cat sticky/dir/linked; cat sticky/dir'
