// The error numbers of Linux (asm-generic/errno.h), prebuilt values that a call returns instead of throwing.

export class Errno {
  readonly name: string;
  readonly number: number;
  constructor(name: string, number: number) {
    this.name = name;
    this.number = number;
  }
}

export const EPERM = new Errno("EPERM", 1);
export const ENOENT = new Errno("ENOENT", 2);
export const ESRCH = new Errno("ESRCH", 3);
export const EINTR = new Errno("EINTR", 4);
export const EIO = new Errno("EIO", 5);
export const ENXIO = new Errno("ENXIO", 6);
export const E2BIG = new Errno("E2BIG", 7);
export const ENOEXEC = new Errno("ENOEXEC", 8);
export const EBADF = new Errno("EBADF", 9);
export const ECHILD = new Errno("ECHILD", 10);
export const EAGAIN = new Errno("EAGAIN", 11);
export const ENOMEM = new Errno("ENOMEM", 12);
export const EACCES = new Errno("EACCES", 13);
export const EFAULT = new Errno("EFAULT", 14);
export const ENOTBLK = new Errno("ENOTBLK", 15);
export const EBUSY = new Errno("EBUSY", 16);
export const EEXIST = new Errno("EEXIST", 17);
export const EXDEV = new Errno("EXDEV", 18);
export const ENODEV = new Errno("ENODEV", 19);
export const ENOTDIR = new Errno("ENOTDIR", 20);
export const EISDIR = new Errno("EISDIR", 21);
export const EINVAL = new Errno("EINVAL", 22);
export const ENFILE = new Errno("ENFILE", 23);
export const EMFILE = new Errno("EMFILE", 24);
export const ENOTTY = new Errno("ENOTTY", 25);
export const ETXTBSY = new Errno("ETXTBSY", 26);
export const EFBIG = new Errno("EFBIG", 27);
export const ENOSPC = new Errno("ENOSPC", 28);
export const ESPIPE = new Errno("ESPIPE", 29);
export const EROFS = new Errno("EROFS", 30);
export const EMLINK = new Errno("EMLINK", 31);
export const EPIPE = new Errno("EPIPE", 32);
export const EDOM = new Errno("EDOM", 33);
export const ERANGE = new Errno("ERANGE", 34);
export const EDEADLK = new Errno("EDEADLK", 35);
export const ENAMETOOLONG = new Errno("ENAMETOOLONG", 36);
export const ENOLCK = new Errno("ENOLCK", 37);
export const ENOSYS = new Errno("ENOSYS", 38);
export const ENOTEMPTY = new Errno("ENOTEMPTY", 39);
export const ELOOP = new Errno("ELOOP", 40);
export const ENOMSG = new Errno("ENOMSG", 42);
export const EIDRM = new Errno("EIDRM", 43);
export const ECHRNG = new Errno("ECHRNG", 44);
export const EL2NSYNC = new Errno("EL2NSYNC", 45);
export const EL3HLT = new Errno("EL3HLT", 46);
export const EL3RST = new Errno("EL3RST", 47);
export const ELNRNG = new Errno("ELNRNG", 48);
export const EUNATCH = new Errno("EUNATCH", 49);
export const ENOCSI = new Errno("ENOCSI", 50);
export const EL2HLT = new Errno("EL2HLT", 51);
export const EBADE = new Errno("EBADE", 52);
export const EBADR = new Errno("EBADR", 53);
export const EXFULL = new Errno("EXFULL", 54);
export const ENOANO = new Errno("ENOANO", 55);
export const EBADRQC = new Errno("EBADRQC", 56);
export const EBADSLT = new Errno("EBADSLT", 57);
export const EBFONT = new Errno("EBFONT", 59);
export const ENOSTR = new Errno("ENOSTR", 60);
export const ENODATA = new Errno("ENODATA", 61);
export const ETIME = new Errno("ETIME", 62);
export const ENOSR = new Errno("ENOSR", 63);
export const ENONET = new Errno("ENONET", 64);
export const ENOPKG = new Errno("ENOPKG", 65);
export const EREMOTE = new Errno("EREMOTE", 66);
export const ENOLINK = new Errno("ENOLINK", 67);
export const EADV = new Errno("EADV", 68);
export const ESRMNT = new Errno("ESRMNT", 69);
export const ECOMM = new Errno("ECOMM", 70);
export const EPROTO = new Errno("EPROTO", 71);
export const EMULTIHOP = new Errno("EMULTIHOP", 72);
export const EDOTDOT = new Errno("EDOTDOT", 73);
export const EBADMSG = new Errno("EBADMSG", 74);
export const EOVERFLOW = new Errno("EOVERFLOW", 75);
export const ENOTUNIQ = new Errno("ENOTUNIQ", 76);
export const EBADFD = new Errno("EBADFD", 77);
export const EREMCHG = new Errno("EREMCHG", 78);
export const ELIBACC = new Errno("ELIBACC", 79);
export const ELIBBAD = new Errno("ELIBBAD", 80);
export const ELIBSCN = new Errno("ELIBSCN", 81);
export const ELIBMAX = new Errno("ELIBMAX", 82);
export const ELIBEXEC = new Errno("ELIBEXEC", 83);
export const EILSEQ = new Errno("EILSEQ", 84);
export const ERESTART = new Errno("ERESTART", 85);
export const ESTRPIPE = new Errno("ESTRPIPE", 86);
export const EUSERS = new Errno("EUSERS", 87);
export const ENOTSOCK = new Errno("ENOTSOCK", 88);
export const EDESTADDRREQ = new Errno("EDESTADDRREQ", 89);
export const EMSGSIZE = new Errno("EMSGSIZE", 90);
export const EPROTOTYPE = new Errno("EPROTOTYPE", 91);
export const ENOPROTOOPT = new Errno("ENOPROTOOPT", 92);
export const EPROTONOSUPPORT = new Errno("EPROTONOSUPPORT", 93);
export const ESOCKTNOSUPPORT = new Errno("ESOCKTNOSUPPORT", 94);
export const EOPNOTSUPP = new Errno("EOPNOTSUPP", 95);
export const EPFNOSUPPORT = new Errno("EPFNOSUPPORT", 96);
export const EAFNOSUPPORT = new Errno("EAFNOSUPPORT", 97);
export const EADDRINUSE = new Errno("EADDRINUSE", 98);
export const EADDRNOTAVAIL = new Errno("EADDRNOTAVAIL", 99);
export const ENETDOWN = new Errno("ENETDOWN", 100);
export const ENETUNREACH = new Errno("ENETUNREACH", 101);
export const ENETRESET = new Errno("ENETRESET", 102);
export const ECONNABORTED = new Errno("ECONNABORTED", 103);
export const ECONNRESET = new Errno("ECONNRESET", 104);
export const ENOBUFS = new Errno("ENOBUFS", 105);
export const EISCONN = new Errno("EISCONN", 106);
export const ENOTCONN = new Errno("ENOTCONN", 107);
export const ESHUTDOWN = new Errno("ESHUTDOWN", 108);
export const ETOOMANYREFS = new Errno("ETOOMANYREFS", 109);
export const ETIMEDOUT = new Errno("ETIMEDOUT", 110);
export const ECONNREFUSED = new Errno("ECONNREFUSED", 111);
export const EHOSTDOWN = new Errno("EHOSTDOWN", 112);
export const EHOSTUNREACH = new Errno("EHOSTUNREACH", 113);
export const EALREADY = new Errno("EALREADY", 114);
export const EINPROGRESS = new Errno("EINPROGRESS", 115);
export const ESTALE = new Errno("ESTALE", 116);
export const EUCLEAN = new Errno("EUCLEAN", 117);
export const ENOTNAM = new Errno("ENOTNAM", 118);
export const ENAVAIL = new Errno("ENAVAIL", 119);
export const EISNAM = new Errno("EISNAM", 120);
export const EREMOTEIO = new Errno("EREMOTEIO", 121);
export const EDQUOT = new Errno("EDQUOT", 122);
export const ENOMEDIUM = new Errno("ENOMEDIUM", 123);
export const EMEDIUMTYPE = new Errno("EMEDIUMTYPE", 124);
export const ECANCELED = new Errno("ECANCELED", 125);
export const ENOKEY = new Errno("ENOKEY", 126);
export const EKEYEXPIRED = new Errno("EKEYEXPIRED", 127);
export const EKEYREVOKED = new Errno("EKEYREVOKED", 128);
export const EKEYREJECTED = new Errno("EKEYREJECTED", 129);
export const EOWNERDEAD = new Errno("EOWNERDEAD", 130);
export const ENOTRECOVERABLE = new Errno("ENOTRECOVERABLE", 131);
export const ERFKILL = new Errno("ERFKILL", 132);
export const EHWPOISON = new Errno("EHWPOISON", 133);

// Second names of the same number.
export const EWOULDBLOCK = EAGAIN;
export const EDEADLOCK = EDEADLK;

// Never seen by a program: how an interrupted call is to go on once the signal has been dealt with (include/linux/errno.h).
export const ERESTARTSYS = new Errno("ERESTARTSYS", 512); // restart if SA_RESTART
export const ERESTARTNOINTR = new Errno("ERESTARTNOINTR", 513); // always restart
export const ERESTARTNOHAND = new Errno("ERESTARTNOHAND", 514); // restart if no handler ran
export const ERESTART_RESTARTBLOCK = new Errno("ERESTART_RESTARTBLOCK", 516); // go on by restart_syscall

const all: readonly Errno[] = [
  EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM, EACCES, EFAULT, ENOTBLK,
  EBUSY, EEXIST, EXDEV, ENODEV, ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC, ESPIPE, EROFS,
  EMLINK, EPIPE, EDOM, ERANGE, EDEADLK, ENAMETOOLONG, ENOLCK, ENOSYS, ENOTEMPTY, ELOOP, ENOMSG, EIDRM, ECHRNG,
  EL2NSYNC, EL3HLT, EL3RST, ELNRNG, EUNATCH, ENOCSI, EL2HLT, EBADE, EBADR, EXFULL, ENOANO, EBADRQC, EBADSLT, EBFONT,
  ENOSTR, ENODATA, ETIME, ENOSR, ENONET, ENOPKG, EREMOTE, ENOLINK, EADV, ESRMNT, ECOMM, EPROTO, EMULTIHOP, EDOTDOT,
  EBADMSG, EOVERFLOW, ENOTUNIQ, EBADFD, EREMCHG, ELIBACC, ELIBBAD, ELIBSCN, ELIBMAX, ELIBEXEC, EILSEQ, ERESTART,
  ESTRPIPE, EUSERS, ENOTSOCK, EDESTADDRREQ, EMSGSIZE, EPROTOTYPE, ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
  EOPNOTSUPP, EPFNOSUPPORT, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED,
  ECONNRESET, ENOBUFS, EISCONN, ENOTCONN, ESHUTDOWN, ETOOMANYREFS, ETIMEDOUT, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH,
  EALREADY, EINPROGRESS, ESTALE, EUCLEAN, ENOTNAM, ENAVAIL, EISNAM, EREMOTEIO, EDQUOT, ENOMEDIUM, EMEDIUMTYPE,
  ECANCELED, ENOKEY, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED, EOWNERDEAD, ENOTRECOVERABLE, ERFKILL, EHWPOISON,
  ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK,
];

const byNumber: ReadonlyMap<number, Errno> = new Map(all.map((errno) => [errno.number, errno]));

export const errnoByNumber = (number: number): Errno | undefined => byNumber.get(number);

export const failed = (x: unknown): x is Errno => x instanceof Errno;
