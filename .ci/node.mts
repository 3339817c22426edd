/** A program for Node as its author's compiler sees it: every door, with the types of Node. use-package.mjs compiles it. */
import * as whohas from "whohas";
import * as board from "whohas/board";
import * as bridges from "whohas/bridges";
import * as control from "whohas/control";
import * as drivers from "whohas/drivers";
import * as iproute from "whohas/iproute";
import * as models from "whohas/models";
import * as rigs from "whohas/rigs";

export const doors: object[] = [whohas, board, bridges, control, drivers, iproute, models, rigs];
