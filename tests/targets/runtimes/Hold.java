/** Holds 40 MB in the Java heap, says so and waits for the end of its input. */
public class Hold {
    static byte[][] held = new byte[2000][];

    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i < held.length; i++)
            held[i] = new byte[20000];
        System.out.println("max-heap " + Runtime.getRuntime().maxMemory());
        System.out.println("ready");
        System.in.read();
    }
}
