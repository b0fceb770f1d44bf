mod limit;

fn main() {
    println!("getdtablesize() = {}", limit::of_descriptors());
}
