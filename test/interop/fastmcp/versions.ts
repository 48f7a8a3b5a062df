/** The releases of FastMCP that we are tried against. */

/** One release; what pip installs for it, and what it can do that the other cannot. */
export interface Release {
  readonly version: string;
  readonly requirement: string;
}

/** The current line. It speaks two eras, and answers ours. Its background tasks are of the other. */
export const current: Release = { version: '4.0.10', requirement: 'fastmcp==4.0.10' };

/** The line before: the last one with the tasks of revision 2025-11-25, which are an extra there. */
export const previous: Release = { version: '3.4.7', requirement: 'fastmcp[tasks]==3.4.7' };

export const releases: readonly Release[] = [current, previous];
