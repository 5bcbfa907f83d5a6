# Traps: EXIT, ERR, DEBUG, RETURN, signals, in functions, subshells and substitutions.
exec 2>&1
export LC_ALL=C TZ=UTC
mkdir -p /tmp/w && cd /tmp/w
(trap 'echo exit=$?' EXIT; exit 3); echo "status $?"
(trap 'echo err at $LINENO: $BASH_COMMAND' ERR; false; true; ! true; false || true; if false; then :; fi; echo end)
(set -E; trap 'echo err in ${FUNCNAME[0]:-main}' ERR; f() { false; return 0; }; f; echo end)
(trap 'echo "+ $BASH_COMMAND"' DEBUG; x=1; y=$((x + 1)); [ $y = 2 ] && echo yes; for i in a b; do :; done)
(set -T; trap 'echo returned' RETURN; f() { :; }; f; f)
(set -e; trap 'echo bye $?' EXIT; false; echo not reached); echo "status $?"
(trap 'echo term; exit 9' TERM; kill -TERM $BASHPID; echo not reached); echo "status $?"
(trap 'echo usr1' USR1; trap 'echo usr2' USR2; kill -USR1 $BASHPID; kill -USR2 $BASHPID; echo after)
(trap '' INT; kill -INT $BASHPID; echo ignored; bash -c 'kill -INT $$; echo ignored in the child too'; trap - INT; trap)
(trap 'echo outer' USR1; (trap; kill -USR1 $BASHPID; echo not reached); echo "inner $?")
(trap 'echo got hup' HUP; trap -p HUP; (trap -p HUP); f=$(trap -p HUP); echo "$f")
bash -c 'kill -TERM $$'; echo "status $?"
bash -c 'kill -KILL $$'; echo "status $?"
bash -c 'kill -SEGV $$'; echo "status $?"
bash -c 'trap "exit 5" TERM; sleep 10 & kill $!; wait $!; echo "sleep $?"; kill $$; echo no'; echo "status $?"
bash -c 'trap "echo chld" CHLD; (exit 1); /bin/true; (exit 2) & wait; echo end'
bash -c 'set -m; trap "echo chld" CHLD; (exit 2) & wait $!; echo $?'
bash -c 'trap "echo int" INT; (sleep 0.2; kill -INT $$) & sleep 0.5; echo after the sleep; wait; echo end'
bash -c 'trap "echo usr1" USR1; (sleep 0.2; kill -USR1 $$) & wait; echo "wait $?"; wait; echo "again $?"'
bash -c 'trap "echo alarm; exit 7" ALRM; (sleep 0.2; kill -ALRM $$) & read -r x < <(sleep 5); echo no'; echo "status $?"
trap -l | head -3; kill -l 1 9 15 64 130; kill -l TERM SIGHUP RTMIN+3
kill -0 $$ && echo alive; kill -0 999999; echo $?
kill -s 0 $$; kill -n 0 $$; echo $?; kill -BAD $$; echo $?
trap 'echo bad' NOSUCH; echo $?
