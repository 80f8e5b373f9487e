import workerpool from 'workerpool';
import double from './pool-task.mjs';

workerpool.worker({ double });
