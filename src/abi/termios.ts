// The kernel's struct termios (asm-generic/termbits.h): flags, control characters, encoding and default.

// c_cc
export const NCCS = 19;
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSWTC = 7;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VDISCARD = 13;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;

// c_iflag
export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const IGNPAR = 0o4;
export const PARMRK = 0o10;
export const INPCK = 0o20;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IXOFF = 0o10000;
export const IMAXBEL = 0o20000;
export const IUTF8 = 0o40000;

// c_oflag
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
export const OFILL = 0o100;
export const OFDEL = 0o200;
export const NLDLY = 0o400;
export const CRDLY = 0o3000;
export const TABDLY = 0o14000;
export const TAB0 = 0;
export const TAB1 = 0o4000;
export const TAB2 = 0o10000;
export const TAB3 = 0o14000;
export const XTABS = 0o14000;
export const BSDLY = 0o20000;
export const VTDLY = 0o40000;
export const FFDLY = 0o100000;

// c_cflag
export const CBAUD = 0o10017;
export const CSIZE = 0o60;
export const CS5 = 0;
export const CS6 = 0o20;
export const CS7 = 0o40;
export const CS8 = 0o60;
export const CSTOPB = 0o100;
export const CREAD = 0o200;
export const PARENB = 0o400;
export const PARODD = 0o1000;
export const HUPCL = 0o2000;
export const CLOCAL = 0o4000;
export const CBAUDEX = 0o10000;
export const CIBAUD = 0o2003600000;
export const CMSPAR = 0o10000000000;
export const CRTSCTS = 0o20000000000;

export const B0 = 0;
export const B50 = 0o1;
export const B75 = 0o2;
export const B110 = 0o3;
export const B134 = 0o4;
export const B150 = 0o5;
export const B200 = 0o6;
export const B300 = 0o7;
export const B600 = 0o10;
export const B1200 = 0o11;
export const B1800 = 0o12;
export const B2400 = 0o13;
export const B4800 = 0o14;
export const B9600 = 0o15;
export const B19200 = 0o16;
export const B38400 = 0o17;
export const BOTHER = 0o10000;
export const B57600 = 0o10001;
export const B115200 = 0o10002;
export const B230400 = 0o10003;
export const B460800 = 0o10004;
export const B500000 = 0o10005;
export const B576000 = 0o10006;
export const B921600 = 0o10007;
export const B1000000 = 0o10010;
export const B1152000 = 0o10011;
export const B1500000 = 0o10012;
export const B2000000 = 0o10013;
export const B2500000 = 0o10014;
export const B3000000 = 0o10015;
export const B3500000 = 0o10016;
export const B4000000 = 0o10017;

// c_lflag
export const ISIG = 0o1;
export const ICANON = 0o2;
export const XCASE = 0o4;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOPRT = 0o2000;
export const ECHOKE = 0o4000;
export const FLUSHO = 0o10000;
export const PENDIN = 0o40000;
export const IEXTEN = 0o100000;
export const EXTPROC = 0o200000;

// Line disciplines
export const N_TTY = 0;

export const TERMIOS_BYTES = 36;

export type Termios = { iflag: number; oflag: number; cflag: number; lflag: number; line: number; cc: Uint8Array };

const control = (letter: string): number => letter.charCodeAt(0) & 0x1f;

/** What Linux gives a terminal that was just made (tty_std_termios of drivers/tty/tty_io.c). */
export function saneTermios(): Termios {
  const cc = new Uint8Array(NCCS);
  cc[VINTR] = control("C");
  cc[VQUIT] = control("\\");
  cc[VERASE] = 0x7f;
  cc[VKILL] = control("U");
  cc[VEOF] = control("D");
  cc[VMIN] = 1;
  cc[VSTART] = control("Q");
  cc[VSTOP] = control("S");
  cc[VSUSP] = control("Z");
  cc[VREPRINT] = control("R");
  cc[VDISCARD] = control("O");
  cc[VWERASE] = control("W");
  cc[VLNEXT] = control("V");
  return {
    iflag: ICRNL | IXON,
    oflag: OPOST | ONLCR,
    cflag: B38400 | CS8 | CREAD | HUPCL,
    lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    line: N_TTY,
    cc,
  };
}

export function encodeTermios(view: DataView, at: number, termios: Termios): void {
  view.setUint32(at, termios.iflag, true);
  view.setUint32(at + 4, termios.oflag, true);
  view.setUint32(at + 8, termios.cflag, true);
  view.setUint32(at + 12, termios.lflag, true);
  view.setUint8(at + 16, termios.line);
  for (let i = 0; i < NCCS; i++) view.setUint8(at + 17 + i, termios.cc[i]);
}

export function decodeTermios(view: DataView, at: number): Termios {
  const cc = new Uint8Array(NCCS);
  for (let i = 0; i < NCCS; i++) cc[i] = view.getUint8(at + 17 + i);
  return {
    iflag: view.getUint32(at, true),
    oflag: view.getUint32(at + 4, true),
    cflag: view.getUint32(at + 8, true),
    lflag: view.getUint32(at + 12, true),
    line: view.getUint8(at + 16),
    cc,
  };
}

// struct winsize.
export const WINSIZE_BYTES = 8;

export type Winsize = { rows: number; columns: number; xpixel: number; ypixel: number };

export function encodeWinsize(view: DataView, at: number, size: Winsize): void {
  view.setUint16(at, size.rows, true);
  view.setUint16(at + 2, size.columns, true);
  view.setUint16(at + 4, size.xpixel, true);
  view.setUint16(at + 6, size.ypixel, true);
}

export const decodeWinsize = (view: DataView, at: number): Winsize => ({
  rows: view.getUint16(at, true),
  columns: view.getUint16(at + 2, true),
  xpixel: view.getUint16(at + 4, true),
  ypixel: view.getUint16(at + 6, true),
});
