/** The error of a buffer's size, which Node gives a form of its own. */
import { codedError, errnoOf } from "../node-errors.ts";

/** A socket that is not bound has no buffers yet (EBADF). */
export function bufferSizeError(receive: boolean): Error {
  const syscall = receive ? "uv_recv_buffer_size" : "uv_send_buffer_size";
  const errno = errnoOf("EBADF");
  const message = `Could not get or set buffer size: ${syscall} returned EBADF (bad file descriptor)`;
  const error = codedError(Error, "ERR_SOCKET_BUFFER_SIZE", message);
  Object.defineProperty(error, "name", { value: "SystemError", enumerable: false });
  return Object.assign(error, { info: { errno, code: "EBADF", message: "bad file descriptor", syscall }, errno, syscall });
}
