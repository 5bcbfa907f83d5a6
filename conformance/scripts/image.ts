// The image in which the scripts run, on real Linux and on ours.
export const IMAGE = "deb:bash,coreutils,findutils,grep,sed,gawk,tar,gzip,xz-utils,procps";

/** What differs from run to run: the process that bash names where a signal killed a job. */
export const masked = (output: string): string => output.replace(/^(\S+: line \d+:) +\d+ (?=[A-Z])/gm, "$1 PID ");
