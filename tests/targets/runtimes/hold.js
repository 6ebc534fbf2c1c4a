// Holds objects in V8's heap, says how much of each space V8 itself counts, and waits for the end of its input.
const held = [];
for (let i = 0; i < 200000; i++)
    held.push({ i, text: 'x' + i });
console.log('held ' + held.length);
for (const space of require('v8').getHeapSpaceStatistics())
    console.log('space ' + space.space_name + ' ' + space.space_size);
console.log('heap-total ' + process.memoryUsage().heapTotal);
console.log('ready');
process.stdin.resume();
