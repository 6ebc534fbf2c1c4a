// Generics, closures and traits of Rust, with names that are not ASCII.
use std::collections::HashMap;
use std::fmt::Debug;

trait Shape {
    fn area(&self) -> f64;
}

struct Square<const N: usize>(f64);

impl<const N: usize> Shape for Square<N> {
    #[inline(never)]
    fn area(&self) -> f64 {
        self.0 * self.0 + N as f64
    }
}

struct Wrap<T>(T);

impl<T: Debug + Clone> Wrap<T> {
    #[inline(never)]
    fn show(&self) -> String {
        let show = |x: &T| format!("{:?}", x.clone());
        show(&self.0)
    }
}

mod größe {
    #[inline(never)]
    pub fn länge(bytes: &[u8]) -> usize {
        bytes.iter().map(|b| *b as usize).sum()
    }
}

#[inline(never)]
fn call(f: &dyn Fn(i32) -> i32, t: (u8, char)) -> i32 {
    f(3) + t.0 as i32
}

fn main() {
    let n = std::env::args().count() as i32;
    let all: Vec<Box<dyn Shape + Send>> = vec![Box::new(Square::<3>(1.0)), Box::new(Square::<7>(2.0))];
    let sum: f64 = all.iter().map(|s| s.area()).sum();
    let mut map = HashMap::new();
    map.insert(n, Wrap(Some("q")));
    println!("{} {} {} {}", sum, map[&n].show(), größe::länge(b"abc"), call(&move |x| x + n, (1, 'c')));
}
