// @ts-types="./cli_progress.d.ts"
export { default } from "cli-progress";
