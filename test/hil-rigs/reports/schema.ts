/** Prints the JSON Schema of a run's record: `npm run record-schema` writes it to docs/record.schema.json. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { RunRecordSchema } from "../../../hil-rigs/reports/record.ts";

export const SCHEMA: string = `${JSON.stringify({ title: "Record of a run of whohas-rig", ...toJsonSchema(RunRecordSchema) }, null, 2)}\n`;

if (process.argv[1] === import.meta.filename) process.stdout.write(SCHEMA);
