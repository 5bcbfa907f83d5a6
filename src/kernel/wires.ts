// Stateless objects that saved state names instead of holding: drivers, file system types, system call rows.

const objectsByName = new Map<string, object>();

/** Names a module constant so that saved state may refer to it; the name must be unique and stay the same over versions. */
export function wired<T extends object>(name: string, object: T): T {
  const taken = objectsByName.get(name);
  if (taken !== undefined && taken !== object) throw new Error(`two wires are named ${name}`);
  objectsByName.set(name, object);
  return object;
}

/** All named so far. */
export function wires(): ReadonlyMap<string, object> {
  return objectsByName;
}
