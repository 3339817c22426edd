/** Profiles one subject of the bench in this process and prints the table: `profile-child.ts NAME`. */
import { runProfile } from "./profile.ts";

console.log(await runProfile(process.argv[2] ?? ""));
