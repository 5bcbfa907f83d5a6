// Extended attributes (xattr(7)): flags of setxattr(2), limits and the namespaces of names.

export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

export const XATTR_USER_PREFIX = "user.";
export const XATTR_TRUSTED_PREFIX = "trusted.";
export const XATTR_SECURITY_PREFIX = "security.";
export const XATTR_SYSTEM_PREFIX = "system.";
