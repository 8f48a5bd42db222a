/** What the command `camel` does, without JBang: runs the CLI that Maven resolved. */
class Camel {

    public static void main(String... args) {
        org.apache.camel.dsl.jbang.core.commands.CamelJBangMain.run(args);
    }
}
