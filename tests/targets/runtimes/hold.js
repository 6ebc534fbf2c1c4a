// Holds objects in V8's heap, says how much V8 itself counts, and waits for the end of its input.
const held = [];
for (let i = 0; i < 200000; i++)
    held.push({ i, text: 'x' + i });
console.log('heap-total ' + process.memoryUsage().heapTotal);
console.log('held ' + held.length);
console.log('ready');
process.stdin.resume();
