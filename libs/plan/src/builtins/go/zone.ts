import { readFileSync } from 'node:fs';
import type { Zone, ZoneOffset, ZoneRule } from './zone-rule.js';
import { applyZoneRule, parseZoneRule } from './zone-rule.js';
import { intlZone } from './zone-intl.js';

export type { Zone } from './zone-rule.js';

/** Coordinated universal time. */
export const UTC: Zone = { lookup: () => ({ name: 'UTC', offset: 0 }) };

/** Where systems keep the IANA database. OPA looks in the same places. */
const DIRECTORIES = [
  '/usr/share/zoneinfo/',
  '/usr/share/lib/zoneinfo/',
  '/usr/lib/locale/TZ/',
  '/etc/zoneinfo/',
];
const MOST_ZONES = 1000;
const zones = new Map<string, Zone | undefined>();

/**
 * The IANA zone of a name: from the system's database, or from Node's ICU. ICU knows the same offsets but fewer
 * abbreviations. Returns undefined for a name that neither knows.
 */
export function loadZone(name: string): Zone | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) {
    return undefined;
  }
  if (!zones.has(name)) {
    // Names come from input, so the cache of zones needs a limit.
    if (zones.size >= MOST_ZONES) {
      zones.clear();
    }
    zones.set(name, readSystemZone(name) ?? intlZone(name));
  }
  return zones.get(name);
}

/** The instant of a local date and time, resolved around transitions as Go's `time.Date` does. */
export function toUtc(localSeconds: number, zone: Zone): number {
  const first = zone.lookup(localSeconds).offset;
  return first === 0 ? localSeconds : localSeconds - zone.lookup(localSeconds - first).offset;
}

function readSystemZone(name: string): Zone | undefined {
  for (const directory of DIRECTORIES) {
    try {
      return parseZoneFile(readFileSync(directory + name));
    } catch {
      // The directory or the file does not exist here: try the next one.
    }
  }
  return undefined;
}

interface Block {
  readonly transitions: readonly number[];
  readonly indices: readonly number[];
  readonly offsets: readonly (ZoneOffset & { readonly isSummer: boolean })[];
  readonly end: number;
}

/** Reads a TZif file (RFC 9636). */
function parseZoneFile(file: Buffer): Zone {
  if (file.toString('latin1', 0, 4) !== 'TZif') {
    throw new Error('not a zone file');
  }
  let block = parseBlock(file, 0, 4);
  let rule: ZoneRule | undefined;
  if ((file[4] ?? 0) >= 0x32) {
    block = parseBlock(file, block.end, 8);
    const footer = file.toString('latin1', block.end + 1, file.lastIndexOf(0x0a));
    rule = parseZoneRule(footer);
  }
  return new FileZone(block, rule);
}

function parseBlock(file: Buffer, start: number, size: 4 | 8): Block {
  const count = (index: number): number => file.readUInt32BE(start + 20 + index * 4);
  const [utCount, standardCount, leapCount, timeCount, typeCount, charCount] = [0, 1, 2, 3, 4, 5].map(
    count,
  ) as [number, number, number, number, number, number];
  const timesAt = start + 44;
  const indicesAt = timesAt + timeCount * size;
  const typesAt = indicesAt + timeCount;
  const namesAt = typesAt + typeCount * 6;
  const names = file.toString('latin1', namesAt, namesAt + charCount);
  const offsets = Array.from({ length: typeCount }, (_, index) => {
    const at = typesAt + index * 6;
    const nameAt = file.readUInt8(at + 5);
    return {
      offset: file.readInt32BE(at),
      isSummer: file.readUInt8(at + 4) !== 0,
      name: names.slice(nameAt, names.indexOf('\0', nameAt)),
    };
  });
  const transitions = Array.from({ length: timeCount }, (_, index) =>
    size === 8 ? Number(file.readBigInt64BE(timesAt + index * 8)) : file.readInt32BE(timesAt + index * 4),
  );
  const indices = [...file.subarray(indicesAt, typesAt)];
  const end = namesAt + charCount + leapCount * (size + 4) + standardCount + utCount;
  return { transitions, indices, offsets, end };
}

class FileZone implements Zone {
  private readonly first: ZoneOffset;

  constructor(
    private readonly block: Block,
    private readonly rule: ZoneRule | undefined,
  ) {
    this.first = firstOffset(block);
  }

  lookup(seconds: number): ZoneOffset {
    const { transitions, indices, offsets } = this.block;
    let low = 0;
    let high = transitions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((transitions[middle] ?? 0) <= seconds) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === 0 && transitions.length > 0) {
      return this.first;
    }
    if (low === transitions.length && this.rule) {
      return applyZoneRule(this.rule, seconds);
    }
    return low === 0 ? this.first : (offsets[indices[low - 1] ?? 0] ?? this.first);
  }
}

/** The offset before the first transition, by the rules of the reference implementation. */
function firstOffset({ indices, offsets }: Block): ZoneOffset {
  const [zero] = offsets;
  if (zero && !indices.includes(0)) {
    return zero;
  }
  const firstIndex = indices[0];
  if (firstIndex !== undefined && offsets[firstIndex]?.isSummer) {
    const standard = offsets.slice(0, firstIndex).findLast((offset) => !offset.isSummer);
    if (standard) {
      return standard;
    }
  }
  return offsets.find((offset) => !offset.isSummer) ?? zero ?? { name: 'UTC', offset: 0 };
}
