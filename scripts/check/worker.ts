/** A process that checks: it is sent jobs, one at a time, and sends back what came of each. */
import { doJob, type Job } from './job.js';

process.on('message', (job: Job) => process.send?.(doJob(job)));
