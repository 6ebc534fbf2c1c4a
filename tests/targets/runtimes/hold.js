// Holds objects in V8's heap, says how much of each space V8 itself counts, and waits for the end of its input.
const held = [];
for (let i = 0; i < 200000; i++)
    held.push({ i, text: 'x' + i });
// Nothing is left to collect when V8 counts, so nothing moves afterwards.
require('v8').setFlagsFromString('--expose-gc');
const collect = require('vm').runInNewContext('gc');
console.log('held ' + held.length);
for (let i = 0; i < 3; i++)
    collect();
for (const space of require('v8').getHeapSpaceStatistics())
    console.log('space ' + space.space_name + ' ' + space.space_size);
console.log('heap-total ' + process.memoryUsage().heapTotal);
console.log('ready');
process.stdin.resume();
