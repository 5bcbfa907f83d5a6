// The image in which the scripts run, on real Linux and on ours.
export const IMAGE = "deb:bash,coreutils,findutils,grep,sed,gawk,tar,gzip,xz-utils,procps";
