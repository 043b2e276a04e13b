import { definePage } from '@/page'

export default definePage({
  path: '/twin',
  title: { zh: '孪生', en: 'Twin' },
  component: () => import('./TwinPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'twin', order: 1.5 },
  theme: 'night',
})
