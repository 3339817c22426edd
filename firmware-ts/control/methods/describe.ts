/** Control methods in words, read from their schemas: for docs/control-methods.md, and for a shell that completes what is typed. */
import * as v from "valibot";
import { METHODS } from "./index.ts";

/** A value in words. */
export interface Field {
  readonly name: string;
  /** `string`, `integer from 0 to 255`, `neighbour entry[]`, … */
  readonly form: string;
  readonly optional: boolean;
  readonly meaning: string;
  /** The words that it may be; empty where any are. */
  readonly values: readonly string[];
}

/** A kind of object that methods answer, by its name. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Description {
  readonly name: string;
  readonly about: string;
  readonly params: readonly Field[];
  readonly result: string;
  readonly notes: readonly Shape[];
  readonly errors: readonly string[];
}

/** Every method, in the order of its groups, and the shapes that they name. */
export function describeMethods(): { methods: Description[]; shapes: Shape[] } {
  const shapes = new Map<string, Shape>();
  const methods = Object.entries(METHODS).map(([name, { about, params, result, notes, errors }]) => ({
    name,
    about,
    params: fieldsOf(params.entries, shapes),
    result: formOf(result, shapes),
    notes: Object.entries<v.GenericSchema>(notes).map(([note, schema]) => ({
      name: note,
      fields: fieldsOf(entriesOf(schema), shapes),
    })),
    errors,
  }));
  return { methods, shapes: [...shapes.values()] };
}

/** A part of a pipe: a check, a change, or a schema with a pipe of its own. */
interface Action {
  readonly type: string;
  readonly requirement?: unknown;
  readonly pipe?: readonly Action[];
}

/** Parts of a schema that valibot's types hide behind its generics. */
interface Anatomy {
  readonly type: string;
  readonly entries?: v.ObjectEntries;
  readonly item?: v.GenericSchema;
  readonly items?: readonly v.GenericSchema[];
  readonly value?: v.GenericSchema;
  readonly wrapped?: v.GenericSchema;
  readonly options?: readonly string[];
  readonly pipe?: readonly Action[];
}

function fieldsOf(entries: v.ObjectEntries, shapes: Map<string, Shape>): Field[] {
  return Object.entries(entries).map(([name, schema]) => {
    const { type, wrapped }: Anatomy = schema;
    const inner = wrapped !== undefined && /optional/.test(type) ? wrapped : schema;
    return {
      name,
      form: formOf(inner, shapes),
      optional: inner !== schema,
      meaning: v.getDescription(inner) ?? "",
      values: valuesOf(inner),
    };
  });
}

function valuesOf(schema: v.GenericSchema): readonly string[] {
  const { options = [] }: Anatomy = schema;
  const { values } = v.getMetadata(schema);
  return Array.isArray(values) ? values.map(String) : options;
}

function entriesOf(schema: Anatomy): v.ObjectEntries {
  return schema.entries ?? {};
}

/** A schema in words. An object with a title is entered among the shapes and stands there once. */
function formOf(schema: v.GenericSchema, shapes: Map<string, Shape>): string {
  const anatomy: Anatomy = schema;
  const { form } = v.getMetadata(schema);
  if (typeof form === "string") return form;
  const values = valuesOf(schema);
  if (values.length > 0) return values.join(", ");
  switch (anatomy.type) {
    case "boolean":
      return "true or false";
    case "number":
      return numberForm(anatomy);
    case "nullable":
      return `${nested(anatomy.wrapped, shapes)} or null`;
    case "array":
      return `${nested(anatomy.item, shapes)}[]`;
    case "tuple":
      return `[${(anatomy.items ?? []).map((item) => formOf(item, shapes)).join(", ")}]`;
    case "record":
      return `{ [name]: ${nested(anatomy.value, shapes)} }`;
    case "object":
      return objectForm(schema, shapes);
    default:
      return anatomy.type;
  }
}

function nested(schema: v.GenericSchema | undefined, shapes: Map<string, Shape>): string {
  return schema ? formOf(schema, shapes) : "";
}

/** The actions of a pipe, with those of the pipes within it. */
function actionsOf(pipe: readonly Action[] = []): Action[] {
  return pipe.flatMap((action) => [action, ...(action.pipe === pipe ? [] : actionsOf(action.pipe))]);
}

function numberForm({ pipe }: Anatomy): string {
  const actions = actionsOf(pipe);
  const of = (type: string): unknown => actions.find((action) => action.type === type)?.requirement;
  const kind = actions.some(({ type }) => type === "integer") ? "integer" : "number";
  const [min, max] = [of("min_value"), of("max_value")];
  return min === undefined ? kind : `${kind} from ${String(min)} to ${String(max)}`;
}

function objectForm(schema: v.GenericSchema, shapes: Map<string, Shape>): string {
  const title = v.getTitle(schema);
  const entries = entriesOf(schema);
  if (title === undefined) {
    const fields = fieldsOf(entries, shapes).map(({ name, form, optional }) => `${name}${optional ? "?" : ""}: ${form}`);
    return `{ ${fields.join(", ")} }`;
  }
  if (!shapes.has(title)) shapes.set(title, { name: title, fields: fieldsOf(entries, shapes) });
  return title;
}
