/** The modules of johnny-five 2.1.0 that we load one by one; its types know the package as a whole only. */
declare module "johnny-five/lib/board.js" {
  import { Board } from "johnny-five";
  export default Board;
}
declare module "johnny-five/lib/led/index.js" {
  import { Led } from "johnny-five";
  export default Led;
}
declare module "johnny-five/lib/pin.js" {
  import { Pin } from "johnny-five";
  export default Pin;
}
declare module "johnny-five/lib/sensor.js" {
  import { Sensor } from "johnny-five";
  export default Sensor;
}
