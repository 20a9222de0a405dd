import { cpus, totalmem } from 'node:os';

type Cell = string | number;

interface Table {
  readonly title: string;
  readonly rows: Record<string, Cell>[];
}

/** Returns the median. For an even number of values, this is the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Collects rows as they are measured, prints each immediately, and formats all of them at the end. */
export class Report {
  private readonly tables: Table[] = [];

  constructor(private readonly generator: string) {}

  table(title: string): (row: Record<string, Cell>) => void {
    const table: Table = { title, rows: [] };
    this.tables.push(table);
    console.log(`\n${title}`);
    return (row) => {
      const rounded = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, round(value)]));
      table.rows.push(rounded);
      console.log(
        Object.entries(rounded)
          .map(([name, value]) => `  ${name} ${value}`)
          .join(','),
      );
    };
  }

  toJson(): object {
    return { machine: this.machine(), tables: this.tables };
  }

  toMarkdown(): string {
    const tables = this.tables.map(({ title, rows }) => {
      const columns = Object.keys(rows[0] ?? {});
      const lines = [
        columns,
        columns.map(() => '---'),
        ...rows.map((row) => columns.map((column) => row[column] ?? '')),
      ];
      return `## ${title}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
    });
    const { cores, memoryGiB, node, generator } = this.machine();
    return `# Benchmark\n\n${cores} cores shared with the load generator (${generator}), ${memoryGiB} GiB, Node ${node}. Medians.\n\n${tables.join('\n')}`;
  }

  private machine() {
    return {
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      generator: this.generator,
    };
  }
}

function round(value: Cell): Cell {
  if (typeof value === 'string') return value;
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
