package org.mailevents.support;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.PlatformManagedObject;
import java.lang.management.ThreadMXBean;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A connection to the JVM of another process, which tells what is in its memory. */
public final class RunningJvm implements AutoCloseable {

    private final JMXConnector connector;
    private final MBeanServerConnection beans;

    public RunningJvm(OwnProcess process) {
        try {
            VirtualMachine machine = VirtualMachine.attach(String.valueOf(process.pid()));
            try {
                connector = JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
                beans = connector.getMBeanServerConnection();
            } finally {
                machine.detach();
            }
        } catch (IOException | AttachNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The used heap after a full garbage collection, in MB. */
    public long liveHeap() {
        MemoryMXBean memory = bean(MemoryMXBean.class);
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed() / 1_000_000;
    }

    public int threads() {
        return bean(ThreadMXBean.class).getThreadCount();
    }

    /** How many objects of each of these classes are alive after a full garbage collection, by the name of the class. */
    public Map<String, Long> objects(Predicate<String> classes) {
        Map<String, Long> objects = new TreeMap<>();
        for (String line : histogram().lines().toList()) {
            String[] columns = line.strip().split("\\s+");
            if (columns.length > 3 && classes.test(columns[3])) {
                objects.put(columns[3], Long.valueOf(columns[1]));
            }
        }
        return objects;
    }

    private String histogram() {
        try {
            return (String) beans.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                    new Object[] {new String[0]}, new String[] {String[].class.getName()});
        } catch (IOException | JMException e) {
            throw new IllegalStateException(e);
        }
    }

    private <T extends PlatformManagedObject> T bean(Class<T> type) {
        try {
            return ManagementFactory.getPlatformMXBean(beans, type);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            connector.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
